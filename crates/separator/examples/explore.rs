//! scratch
use leuka_blood::*;
use leuka_blood::quantity::*;
use leuka_separator::*;
use leuka_separator::steady::*;
fn arg(name:&str, default:f64)->f64{ for a in std::env::args(){ if let Some(v)=a.strip_prefix(&format!("{name}=")){return v.parse().unwrap()} } default }
fn main(){
  let blood=leuka_blood::Parameters::embedded().unwrap();
  let mut p=leuka_separator::Parameters::embedded().unwrap();
  p.remixing_m2_s=arg("D",1e-10);
  p.axial_refinement=arg("xr",p.axial_refinement);p.radial_refinement=arg("rr",p.radial_refinement);
  p.courant=arg("cfl",0.45);
  p.aggregation=arg("chi",5.0);
  p.pocket_mm=arg("pocket",p.pocket_mm); p.collect_depth_mm=arg("depth",p.collect_depth_mm);p.collect_opening_mm=arg("open",p.collect_opening_mm);p.shear_coefficient=arg("shear",0.05);
  let grid=Grid{axial:arg("nx",p.grid.axial as f64) as usize,radial:arg("nr",p.grid.radial as f64) as usize};
  let hct=arg("hct",0.44);
  let m=arg("wbc",1.0); // multiply
  let mut b=blood_of(&blood,hct,m);
  b = b*11.0 + blood.fluids.anticoagulant(Anticoagulant::AcdA, b.volume_ml());
  let mut ch=Channel::new(&p,&blood,grid,&Mixture::saline(1.0)).unwrap();
  let case=Case{blood:b,inlet_flow:FlowRate::from_ml_min(arg("q",60.0)),collect_flow:FlowRate::from_ml_min(arg("qc",1.0)),rotation:RotationalSpeed::from_rpm(arg("rpm",1200.0)),collect_hematocrit:arg("h",0.03),duration:TimeSpan::from_minutes(arg("t",30.0)),averaging:TimeSpan::from_minutes(arg("avg",10.0))};
  let t=std::time::Instant::now();
  let s=steady(&mut ch,&case);
  println!("inHct {:.3} Qp {:.2} int {:.3} Hc {:.4} Hbed {:.3} buffy {:.2} wall {:.1}s",b.hematocrit(),s.plasma_flow.ml_min(),s.interface_mm,s.collect_hematocrit,s.red_hematocrit,ch.view().buffy_thickness_mm,t.elapsed().as_secs_f64());
  for p in Population::ALL { if b.cell_ml(p)>0.0 {println!("  {:18} collect {:.3} red {:.3} plasma {:.3}",p.name(),s.collect[p],s.red[p],s.plasma[p]);} }
}
fn blood_of(b:&leuka_blood::Parameters,hct:f64,m:f64)->Mixture{
  let mut x=Mixture::EMPTY; let ul=1e5; // 100 mL
  let mut put=|p:Population,per_ul:f64| x.set(p.into(), per_ul*ul*b.cells[p].volume_ml());
  put(Population::Platelet,250e3); put(Population::TCell,1500.0*m); put(Population::OtherLymphocyte,600.0*m);put(Population::Monocyte,500.0*m);put(Population::Cd34,60.0);put(Population::Neutrophil,4200.0*m);put(Population::Eosinophil,200.0*m);
  x.set(Component::Erythrocyte,hct*100.0);
  let v=x.cells_ml();
  x+PlasmaComposition{citrate_mmol_l:0.1,calcium_mmol_l:2.4,magnesium_mmol_l:0.8,bicarbonate_mmol_l:24.0,protein_g_l:70.0}.mixture(100.0-v)
}
