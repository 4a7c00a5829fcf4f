use leuka_blood::*; use leuka_blood::quantity::*; use leuka_blood::random::Seed; use leuka_donor::*;
fn man()->Description{ let p=leuka_donor::Parameters::embedded().unwrap();Description::typical(Sex::Male,35.0,Length::from_cm(178.0),Mass::from_kg(75.0),Volume::from_ml(5250.0),&p)}
fn new(d:&Description)->Donor{let mut f=leuka_donor::Parameters::embedded_file().unwrap(); f.set("vasovagal.hazard",0.0).unwrap(); for a in std::env::args().skip(1){let (k,v)=a.split_once('=').unwrap(); f.set(k,v.parse().unwrap()).unwrap();} let p=leuka_donor::Parameters::from_file(&f).unwrap(); let b=leuka_blood::Parameters::embedded().unwrap(); Donor::new(d,&p,&b,Seed::run(1)).unwrap()}
fn citrate(x:&mut Donor, kg:f64, rate:f64, min:f64){ let a=leuka_blood::Parameters::embedded().unwrap().fluids.anticoagulant(Anticoagulant::AcdA,1.0); let ml=rate*kg/189.1/a.get(Component::Citrate); for _ in 0..(min*60.0) as u32 {x.receive(&(a*(ml/60.0))); x.advance(TimeSpan::from_seconds(1.0));}}
fn show(x:&Donor,t:&str){let b=x.blood(); println!("{t}: iCa {:+.1}% iMg {:+.1}% cit {:.2} HCO3 {:.1} pth {:.2} K {:.2} Pi {:.2} pH {:.3}",(b.ionised_calcium.mmol_l()/1.25-1.)*100.,(b.ionised_magnesium.mmol_l()/0.55-1.)*100.,b.citrate.mmol_l(),b.bicarbonate.mmol_l(),b.parathyroid_hormone.fraction(),b.potassium.mmol_l(),b.phosphate.mmol_l(),b.ph);}
fn main(){ if std::env::var("MOB").is_ok(){mob();return;}
 let d=man();
 let mut x=new(&d);
 for (i,t) in [5.,5.,5.,15.,30.,30.].iter().enumerate(){ citrate(&mut x,75.,1.6,*t); show(&x,&format!("G1 {i}")); }
 x.advance(TimeSpan::from_minutes(30.)); show(&x,"G1+30");
 x.advance(TimeSpan::from_minutes(120.)); show(&x,"G1+150");
 for r in [1.1,1.4]{let mut x=new(&d); citrate(&mut x,75.,r,90.); show(&x,&format!("G1 {r}"));}
 let mut x=new(&d); citrate(&mut x,75.,1.5,240.); show(&x,"4h 1.5");
 let mut x=new(&d); x.treat(Treatment::CalciumInfusion(Amount::from_mmol(3.6))); citrate(&mut x,75.,1.5,240.); show(&x,"4h 1.5 with 3.6 mmol/h"); x.treat(Treatment::CalciumInfusion(Amount::from_mmol(0.0))); x.advance(TimeSpan::from_minutes(60.)); show(&x,"+60");
 let mut x=new(&d); citrate(&mut x,75.,0.33*189.1/60.,120.); show(&x,"G15 0.33 2h");
 let mut x=new(&d); citrate(&mut x,75.,0.33*189.1/60.,240.); show(&x,"G15 0.33 4h");
 for f in [1.0,0.5]{ let mut c=d; c.liver_factor=Fraction::from_fraction(f); let mut x=new(&c); x.treat(Treatment::CalciumInfusion(Amount::from_mmol(0.17*75.0))); citrate(&mut x,75.,0.5*189.1/60.,120.); show(&x,"G16"); }
 for (v,m) in [(375.,10.),(500.0,10.0),(1000.,25.),(450.,10.)]{ let mut x=new(&d); let a=x.vitals(); for _ in 0..(m*60.) as u32 {x.draw(v/m/60.); x.advance(TimeSpan::from_seconds(1.0));} let z=x.vitals();
  println!("loss {v}: HR {:+.1} SBP {:+.1} MAP {:+.1} SV {:+.1}% CVP {:+.1} refill {:.0}% CO {:.1}%",(z.heart_rate-a.heart_rate).per_min(),(z.systolic-a.systolic).mmhg(),(z.mean-a.mean).mmhg(),(z.stroke_volume/a.stroke_volume-1.)*100.,(z.central_venous-a.central_venous).mmhg(),(x.circulating().fluid_ml()-5250.0+v)/v*100.,((z.stroke_volume/a.stroke_volume)*(z.heart_rate/a.heart_rate)-1.)*100.);
  x.advance(TimeSpan::from_minutes(50.)); println!("   +50 min refill {:.0}%",(x.circulating().fluid_ml()-5250.0+v)/v*100.); }
}

fn counts(x:&Donor)->String{let b=x.blood(); let w:f64=Population::WHITE.iter().map(|&p|b.cells[p].per_ul()).sum::<f64>()+0.0; let g:f64=[Population::Neutrophil,Population::Eosinophil].iter().map(|&p|b.cells[p].per_ul()).sum::<f64>(); let has=Population::WHITE.contains(&Population::Neutrophil); format!("CD34 {:.1} WBC {:.1} T {:.0} mono {:.0} plt {:.0}",b.cells[Population::Cd34].per_ul(),(w+if has{0.}else{g})/1e3,b.cells[Population::TCell].per_ul(),b.cells[Population::Monocyte].per_ul(),b.cells[Population::Platelet].per_ul()/1e3)}
fn collect(x:&mut Donor, litres:f64, min:f64, mn:f64, plt:f64){ let a=leuka_blood::Parameters::embedded().unwrap().fluids.anticoagulant(Anticoagulant::AcdA,1.0); let v=litres*1000./min/60.; for _ in 0..(min*60.) as u32 { let mut m=x.draw(v); for c in [Component::Cd34,Component::TCell,Component::OtherLymphocyte,Component::Monocyte]{m.set(c,m.get(c)*(1.-mn));} m.set(Component::Platelet,m.get(Component::Platelet)*(1.-plt)); m=m+a*(v/12.); x.receive(&m); x.advance(TimeSpan::from_seconds(1.0)); } }
fn mob(){
 let mut d=man(); d.cells[Population::Cd34]=CellConcentration::from_per_ul(2.6);
 let mut x=new(&d);
 for day in 1..=12 { if day<=5 {x.treat(Treatment::GCsf(10.0));} println!("I1 day {day}: {}",counts(&x)); for h in 0..4 {x.advance(TimeSpan::from_hours(6.)); if day>=4&&day<=6 {println!("   day {day} +{}h {}",(h+1)*6,counts(&x));}} }
 let mut x=new(&d); x.treat(Treatment::Plerixafor(240.)); for h in 1..=14 { x.advance(TimeSpan::from_hours(1.)); println!("I4 {h}h {}",counts(&x)); } x.advance(TimeSpan::from_hours(10.)); println!("I4 24h {}",counts(&x));
 let mut x=new(&d); for _ in 1..=4 {x.treat(Treatment::GCsf(10.0)); x.advance(TimeSpan::from_hours(24.));} println!("evening {}",counts(&x)); x.treat(Treatment::Plerixafor(240.)); x.advance(TimeSpan::from_hours(10.)); println!("+10h {}",counts(&x));
 d.cells[Population::Platelet]=CellConcentration::from_per_ul(261e3);
 let mut x=new(&d); for day in 1..=22 { if day<=5 {x.treat(Treatment::GCsf(10.0));} println!("C4 day {day} {}",counts(&x)); if day==6 {collect(&mut x,12.0,200.,0.6,0.35); println!("   after {}",counts(&x)); x.advance(TimeSpan::from_minutes(1240.));} else {x.advance(TimeSpan::from_hours(24.));} }
 let mut x=new(&man()); collect(&mut x,11.8,180.,0.6,0.4); println!("B3 {}",counts(&x)); for day in 1..=9 {x.advance(TimeSpan::from_hours(24.)); println!("B3 +{day}d {}",counts(&x));}
}
